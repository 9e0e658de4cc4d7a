// All style, in one sheet.
import 'uplot/dist/uPlot.min.css';
import '../style/base.css';
import '../style/shell.css';
import '../style/chat.css';
import '../style/answer.css';
import '../style/panel.css';
import '../style/views.css';
